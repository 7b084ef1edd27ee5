"""Stations, accounts, clients and the trail, as those who keep them see them."""

from tests.browser.shots import Shot

SHOTS = [
    Shot(name="stations", path="/staff/stations", who="county"),
    Shot(name="contractor", path="/staff/stations/contractor", who="county"),
    Shot(name="accounts", path="/staff/accounts", who="admin"),
    Shot(name="account-new", path="/staff/accounts/new", who="admin"),
    Shot(name="colleagues", path="/staff/colleagues", who="station_head"),
    Shot(name="clients", path="/staff/clients", who="admin"),
    Shot(name="audit", path="/staff/audit", who="auditor"),
    Shot(name="disclosures", path="/staff/disclosures", who="station_head"),
]
