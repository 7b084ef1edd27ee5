# One image for all commands: serve, relay, work, migrate, admin, import.
# PostgreSQL and Valkey (or Redis) run elsewhere; compose.yaml shows the variables.

FROM python:3.11-slim AS packages
RUN python -m venv /srv/venv
COPY requirements.lock /srv/requirements.lock
RUN /srv/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes -r /srv/requirements.lock

FROM python:3.11-slim
# A volume goes to /srv/data: photos and copies of documents, unless they are kept in S3.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin volunteer \
    && install -d -o 10001 -m 0700 /srv/data
COPY --from=packages /srv/venv /srv/venv
WORKDIR /srv/app
COPY piccolo_conf.py piccolo_app.py ./
COPY migrations migrations
COPY workers workers
COPY volunteer_svc volunteer_svc
# The user below cannot write here, so Python could not keep what it compiles.
RUN /srv/venv/bin/python -m compileall -q .
ENV VOLUNTEER_DATA_DIR=/srv/data
ENV PATH=/srv/venv/bin:$PATH
ENV PYTHONUNBUFFERED=1
ENV VOLUNTEER_HOST=0.0.0.0
# A number, so that an orchestrator can tell that it is not root.
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "volunteer_svc", "health"]
ENTRYPOINT ["python", "-m", "volunteer_svc"]
CMD ["serve"]
