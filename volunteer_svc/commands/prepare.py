"""What must be there before the services start: keys, schema, first accounts."""

from volunteer_svc.commands import admin
from volunteer_svc.config import Config
from volunteer_svc.identity import signing, vault
from volunteer_svc.store import migrate


def main(config: Config) -> int:
    """All in one process; each does nothing where it is done already."""
    vault.create_key_file(config.key_file)
    signing.create(config.signing_key_file)
    migrate.main(config)
    return admin.first(config)
