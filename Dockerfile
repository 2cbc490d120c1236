# clipy in a container: docker build -t clipy . && docker run --rm -v "$PWD:/work" clipy run talk.mp4 -o clips/
# docs/container.md says more. Every step of this file is run by .ci/container, without a container engine.
#
# CUDA: docker build --build-arg GPU=cuda -t clipy:cuda .
# Leaner, models fetched or mounted at run time: --build-arg MODELS=none

ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS build
ARG EXTRAS=cjk,llm,s3,url
ARG GPU=none
ARG MODELS=default
ENV CLIPY_CACHE=/opt/clipy-models
RUN python3 -m venv /opt/installer && /opt/installer/bin/pip install --quiet --no-cache-dir uv==0.13.9
WORKDIR /source
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY src src
COPY examples examples
# The lock's versions; what is fetched must have its checksums. With pip (--seed), by which clipy fetches models.
RUN /opt/installer/bin/uv venv --quiet --seed --python python3 --no-python-downloads /opt/clipy \
 && /opt/installer/bin/uv pip install --quiet --no-cache --python /opt/clipy/bin/python --compile-bytecode \
    --constraint requirements.lock ".[${EXTRAS}]"
# ONNX Runtime for graphics cards replaces the one for processors: both are the module onnxruntime. Before 1.27 it is made
# for CUDA 12, as CTranslate2 is.
RUN if [ "$GPU" = cuda ]; then \
      /opt/installer/bin/uv pip uninstall --quiet --python /opt/clipy/bin/python onnxruntime \
   && /opt/installer/bin/uv pip install --quiet --no-cache --python /opt/clipy/bin/python \
      "onnxruntime-gpu[cuda,cudnn]>=1.20,<1.27" \
   && ln -s /opt/clipy/lib/python3*/site-packages/nvidia /opt/clipy/nvidia; \
    fi
RUN mkdir -p "$CLIPY_CACHE" && if [ "$MODELS" = default ]; then /opt/clipy/bin/clipy models pull; fi

FROM ${BASE}
LABEL org.opencontainers.image.title="clipy" org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --create-home clipy && mkdir -p /store /work && chmod 1777 /store /work
COPY --from=build /opt/clipy /opt/clipy
COPY --from=build --chown=clipy:clipy /opt/clipy-models /opt/clipy-models
ENV PATH=/opt/clipy/bin:/usr/local/bin:/usr/bin:/bin CLIPY_CACHE=/opt/clipy-models CLIPY_STORE=/store/store PYTHONUNBUFFERED=1
ENV LD_LIBRARY_PATH=/opt/clipy/nvidia/cublas/lib:/opt/clipy/nvidia/cudnn/lib:/opt/clipy/nvidia/cuda_runtime/lib:/opt/clipy/nvidia/cufft/lib:/opt/clipy/nvidia/curand/lib:/opt/clipy/nvidia/cuda_nvrtc/lib
USER clipy
WORKDIR /work
VOLUME /store
ENTRYPOINT ["clipy"]
CMD ["--help"]
