"""Makes the key ring of the secret fields, once."""

from volunteer_svc.config import Config
from volunteer_svc.identity import vault


def main(config: Config) -> None:
    """Make the file unless it is there; an existing one is left as it is."""
    config.key_file.parent.mkdir(parents=True, exist_ok=True)
    vault.create_key_file(config.key_file)
    print(config.key_file)
