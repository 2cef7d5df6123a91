# SPDX-License-Identifier: Apache-2.0
# mkemu in a container: host and instances from one image. scripts/image builds the distribution and then this, and says
# what BASE_IMAGE is where no registry can be reached. Plain enough for the legacy builder: no syntax line, no heredoc,
# no mount.
ARG BASE_IMAGE=eclipse-temurin:25-jre
FROM ${BASE_IMAGE}

COPY target/dist/lib /opt/mkemu/lib
COPY target/dist/examples examples/containers.dts /opt/mkemu/examples/
COPY target/dist/jvm.options target/dist/host.options target/dist/instance.options target/dist/verbs.options /opt/mkemu/
COPY container/mk scripts/lib/aot.sh scripts/lib/jvm.sh /opt/mkemu/bin/
# An empty volume takes owner and mode from the directory that it is mounted on.
RUN find /opt/mkemu ! -perm -o=r -exec chmod a+rX {} + \
    && { grep -q ^mkemu: /etc/passwd || echo mkemu:x:10001:10001:mkemu:/:/bin/false >>/etc/passwd; } \
    && mkdir -p /run/mkemu /journal \
    && chown 10001:10001 /run/mkemu /journal \
    && chmod 0700 /run/mkemu /journal
# Caches hold good for these very files, this JVM and these paths, so they are made here. Without them all works, slower.
RUN /opt/mkemu/bin/mk aot

# Last: what changes with each build must not throw the layers above away.
ARG VERSION=unknown
ARG REVISION=unknown
ARG ABI=unknown
LABEL org.opencontainers.image.title="mkemu" \
      org.opencontainers.image.description="Multikernel emulator: kernels as processes that exchange IPIs over shared RAM" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      io.mkemu.abi="${ABI}"
ARG IMAGE=mkemu:latest
ENV PATH=/opt/mkemu/bin:$PATH MKEMU_DIR=/run/mkemu MKEMU_IMAGE=${IMAGE}
USER 10001:10001
WORKDIR /opt/mkemu
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s CMD ["/opt/mkemu/bin/mk", "healthcheck"]
ENTRYPOINT ["/opt/mkemu/bin/mk"]
CMD ["--help"]
