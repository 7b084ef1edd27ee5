"""What must be there before the services start: key ring, schema, first accounts."""

from volunteer_svc.commands import admin
from volunteer_svc.config import Config
from volunteer_svc.identity import vault
from volunteer_svc.store import migrate


def main(config: Config) -> int:
    """All three in one process; each does nothing where it is done already."""
    vault.create_key_file(config.key_file)
    migrate.main(config)
    return admin.first(config)
