"""What must be there before the services start: keys, schema, first accounts."""

from volunteer_svc.commands import admin, keys, names
from volunteer_svc.config import Config
from volunteer_svc.identity import key_file, signing
from volunteer_svc.store import migrate


def main(config: Config) -> int:
    """All in one process; each does nothing where it is done already."""
    if not config.keys:
        key_file.create(config.key_file)
    signing.create(config.signing_key_file)
    migrate.main(config)
    keys.bring_up_to_date(config)
    names.bring_up_to_date(config)
    return admin.first(config)
