FROM python:3.11-slim AS build
WORKDIR /src
# strip, with which slim.py takes out what only a debugger reads.
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/chuchu
COPY requirements.txt requirements-build.txt ./
RUN /opt/chuchu/bin/pip install --no-cache-dir --no-compile --require-hashes --no-deps -r requirements.txt
COPY pyproject.toml README.md LICENSE slim.py ./
COPY bot bot
COPY knowledge knowledge
# Built with the locked build tools, which stay behind in this stage, as do those that install.
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-build.txt \
 && /opt/tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w dist . \
 && /opt/chuchu/bin/pip install --no-cache-dir --no-compile --no-deps dist/*.whl \
 && /opt/chuchu/bin/pip uninstall -y pip setuptools \
 && /opt/chuchu/bin/python -I slim.py

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /data chuchu \
 && install -d -o 10001 -g 10001 -m 0700 /data /data/uploads
COPY --from=build /opt/chuchu /opt/chuchu
WORKDIR /app
COPY seeds seeds
# The root may be read-only: whatever is written, temporary files too, goes to /data.
ENV PATH=/opt/chuchu/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    TMPDIR=/data \
    CHUCHU_DATA=/data \
    CHUCHU_HTTP=0.0.0.0:8080 \
    CHUCHU_LOG=json
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# The page answers /healthz from the first second, while the first version is still being built.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-m", "bot.web.probe"]
CMD ["chuchu", "run"]
