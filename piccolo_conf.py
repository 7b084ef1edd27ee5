"""Piccolo's entry point: its engine and the app whose migrations it runs."""

from piccolo.conf.apps import AppRegistry

from volunteer_svc import config
from volunteer_svc.store.database import ENGINE as DB
from volunteer_svc.store.database import configure

configure(config.load())
APP_REGISTRY = AppRegistry(apps=["piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
