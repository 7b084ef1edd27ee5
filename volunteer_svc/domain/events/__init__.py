"""Every event other services can rely on; outbox, schemas and filters derive from `EVENTS`.

The data of an event holds ids, counts and dates only: no name, phone, address or number, so
that an erasure never rewrites the log.
"""

from typing import get_args

from volunteer_svc.domain.events.activities import ActivityCancelled as ActivityCancelled
from volunteer_svc.domain.events.activities import ActivityPublished as ActivityPublished
from volunteer_svc.domain.events.activities import SignupConfirmed as SignupConfirmed
from volunteer_svc.domain.events.activities import SignupWithdrawn as SignupWithdrawn
from volunteer_svc.domain.events.certificates import CertificateIssued as CertificateIssued
from volunteer_svc.domain.events.certificates import CertificateRevoked as CertificateRevoked
from volunteer_svc.domain.events.certificates import CertificateSuperseded as CertificateSuperseded
from volunteer_svc.domain.events.event import Event as Event
from volunteer_svc.domain.events.honours import AwardGranted as AwardGranted
from volunteer_svc.domain.events.honours import AwardRevoked as AwardRevoked
from volunteer_svc.domain.events.honours import ComplaintClosed as ComplaintClosed
from volunteer_svc.domain.events.honours import ComplaintOpened as ComplaintOpened
from volunteer_svc.domain.events.honours import RecognitionAmended as RecognitionAmended
from volunteer_svc.domain.events.honours import RecognitionEntry as RecognitionEntry
from volunteer_svc.domain.events.honours import RecognitionEvent as RecognitionEvent
from volunteer_svc.domain.events.honours import RecognitionPublished as RecognitionPublished
from volunteer_svc.domain.events.honours import StarEvent as StarEvent
from volunteer_svc.domain.events.honours import StarPromoted as StarPromoted
from volunteer_svc.domain.events.honours import StarRevoked as StarRevoked
from volunteer_svc.domain.events.hours import ObjectionClosed as ObjectionClosed
from volunteer_svc.domain.events.hours import ObjectionOpened as ObjectionOpened
from volunteer_svc.domain.events.hours import ServiceCorrected as ServiceCorrected
from volunteer_svc.domain.events.hours import ServiceRecorded as ServiceRecorded
from volunteer_svc.domain.events.hours import ServiceRejected as ServiceRejected
from volunteer_svc.domain.events.operation import AlarmRaised as AlarmRaised
from volunteer_svc.domain.events.operation import ChainSealed as ChainSealed
from volunteer_svc.domain.events.operation import DeliveryExhausted as DeliveryExhausted
from volunteer_svc.domain.events.operation import DigestPublished as DigestPublished
from volunteer_svc.domain.events.operation import EndpointDisabled as EndpointDisabled
from volunteer_svc.domain.events.operation import PolicyActivated as PolicyActivated
from volunteer_svc.domain.events.operation import StationChanged as StationChanged
from volunteer_svc.domain.events.operation import TypeFigures as TypeFigures
from volunteer_svc.domain.events.volunteers import CompletedTopic as CompletedTopic
from volunteer_svc.domain.events.volunteers import InductionCompleted as InductionCompleted
from volunteer_svc.domain.events.volunteers import InductionRevoked as InductionRevoked
from volunteer_svc.domain.events.volunteers import PositionAppointed as PositionAppointed
from volunteer_svc.domain.events.volunteers import PositionEnded as PositionEnded
from volunteer_svc.domain.events.volunteers import RegistrationLapsed as RegistrationLapsed
from volunteer_svc.domain.events.volunteers import TrainingCompleted as TrainingCompleted
from volunteer_svc.domain.events.volunteers import TrainingRevoked as TrainingRevoked
from volunteer_svc.domain.events.volunteers import VolunteerApplied as VolunteerApplied
from volunteer_svc.domain.events.volunteers import VolunteerDeclined as VolunteerDeclined
from volunteer_svc.domain.events.volunteers import VolunteerErased as VolunteerErased
from volunteer_svc.domain.events.volunteers import VolunteerExited as VolunteerExited
from volunteer_svc.domain.events.volunteers import VolunteerMerged as VolunteerMerged
from volunteer_svc.domain.events.volunteers import VolunteerRegistered as VolunteerRegistered
from volunteer_svc.domain.events.volunteers import VolunteerReinstated as VolunteerReinstated
from volunteer_svc.domain.events.volunteers import VolunteerSuspended as VolunteerSuspended
from volunteer_svc.domain.events.volunteers import VolunteerTransferred as VolunteerTransferred
from volunteer_svc.domain.events.volunteers import VolunteerUpdated as VolunteerUpdated

AnyEvent = (
    VolunteerApplied
    | VolunteerDeclined
    | VolunteerRegistered
    | VolunteerUpdated
    | VolunteerSuspended
    | VolunteerReinstated
    | VolunteerExited
    | VolunteerTransferred
    | VolunteerMerged
    | VolunteerErased
    | InductionCompleted
    | InductionRevoked
    | RegistrationLapsed
    | TrainingCompleted
    | TrainingRevoked
    | ServiceRecorded
    | ServiceRejected
    | ServiceCorrected
    | ObjectionOpened
    | ObjectionClosed
    | PositionAppointed
    | PositionEnded
    | AwardGranted
    | AwardRevoked
    | ComplaintOpened
    | ComplaintClosed
    | StarPromoted
    | StarRevoked
    | CertificateIssued
    | CertificateSuperseded
    | CertificateRevoked
    | RecognitionPublished
    | RecognitionAmended
    | ActivityPublished
    | ActivityCancelled
    | SignupConfirmed
    | SignupWithdrawn
    | StationChanged
    | PolicyActivated
    | ChainSealed
    | DigestPublished
    | AlarmRaised
    | EndpointDisabled
    | DeliveryExhausted
)
EVENTS: dict[str, type[Event]] = {event.NAME: event for event in get_args(AnyEvent)}
OPERATIONAL = frozenset({EndpointDisabled.NAME, DeliveryExhausted.NAME})
"""About a webhook endpoint itself: never delivered to that one."""
SENSITIVE = frozenset(name for name, event in EVENTS.items() if event.SCOPE == "events:sensitive")
"""Names that only readers with `events:sensitive` are shown."""
