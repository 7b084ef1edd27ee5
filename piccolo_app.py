"""The tables and migrations of the service, as Piccolo wants them named."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="volunteer_svc",
    migrations_folder_path=Path(__file__).parent / "migrations",
    table_classes=table_finder(["volunteer_svc.store.tables"]),
)
