# The operator's image. The base needs python3 (3.11 or newer) with venv: the public Python image, or Debian 12 with
# python3-venv.   docker build -t registry.example.com/nas-operator:0.1.0 .
ARG BASE_IMAGE=python:3.11-slim-bookworm

# Of vl-convert only the JavaScript of the reports' plots is kept: the rest is an engine for JavaScript.
# Bytecode is compiled here, as the container may write nothing, and is not checked against times of files, which
# reproducible builds set to a constant.
FROM ${BASE_IMAGE} AS dependencies
COPY requirements/operator.txt /tmp/operator.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-compile --require-hashes -r /tmp/operator.txt \
    && /opt/venv/bin/python -c "import vl_convert; print(vl_convert.javascript_bundle())" > /opt/vega.js \
    && /opt/venv/bin/pip uninstall --yes vl-convert-python pip setuptools \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

FROM ${BASE_IMAGE}
# USER: the user ID has no name in /etc/passwd, and Kopf asks for one.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/nas \
    USER=nas-operator \
    NAS_VEGA_FILE=/opt/vega.js \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Dependencies change rarely and code often: each is a layer of its own.
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=dependencies /opt/vega.js /opt/vega.js
COPY operator/ /opt/nas/
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/nas
USER 65532:65532
ENTRYPOINT ["python3", "-m", "nas_operator"]
CMD ["run"]
