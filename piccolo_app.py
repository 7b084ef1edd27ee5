"""The tables and migrations of the service, as Piccolo wants them named."""

from piccolo.conf.apps import AppConfig, table_finder

from volunteer_svc.store.migrations import FOLDER

APP_CONFIG = AppConfig(
    app_name="volunteer_svc",
    migrations_folder_path=FOLDER,
    table_classes=table_finder(["volunteer_svc.store.tables"]),
)
