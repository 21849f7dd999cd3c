# The services, each an image of its own that holds nothing but a Java runtime and its jars:
#   docker build --target edge-gateway .        also: event-core, ai-stream-service, grpc-backend
# and, without a target, one with everything: docker build -t tailwater .
# compose.yaml builds the services; the stages that they share are built once.
ARG MAVEN_IMAGE=maven:3.9-eclipse-temurin-25
ARG JRE_IMAGE=eclipse-temurin:25-jre

# ---- build: the jars, and beside them all that each service needs
FROM ${MAVEN_IMAGE} AS build
WORKDIR /src
COPY . .
# Tests have their own place (mvn verify); a failing one must not keep an image from being built that is needed now.
RUN mvn -q -B -ntp -pl launcher -am package dependency:copy-dependencies -DincludeScope=runtime -Dmaven.test.skip=true \
 && docker/collect.sh /opt/tailwater

# ---- train: runs everything once, so that each service starts from an ahead-of-time cache
FROM ${JRE_IMAGE} AS train
COPY --from=build /opt/tailwater /opt/tailwater
COPY docker/train.sh docker/ready.sh docker/logback.xml /opt/tailwater/
RUN /opt/tailwater/train.sh

# ---- what all services have in common
FROM ${JRE_IMAGE} AS service
# A number, so that Kubernetes can see that it is not root's.
RUN mkdir -p /opt/tailwater /data /keys && chown 10001:10001 /data /keys && chmod 700 /data /keys
COPY docker/start.sh docker/ready.sh docker/logback.xml /opt/tailwater/
# Else glibc gives every thread an arena of its own, and what RocksDB and Netty release stays in them.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
USER 10001:10001
WORKDIR /opt/tailwater
ENTRYPOINT ["/opt/tailwater/start.sh"]
# Healthy means ready: it may be sent requests.
HEALTHCHECK --interval=5s --timeout=3s --start-period=180s --retries=3 CMD ["/opt/tailwater/ready.sh"]

FROM service AS event-core
COPY --from=train /opt/tailwater/event-core /opt/tailwater/event-core
ENV SERVICE=event-core GRPC_SERVER_HOST=0.0.0.0 MICRONAUT_SERVER_HOST=0.0.0.0 TAILWATER_CORE_DATA=/data HEALTH_PORT=7011
VOLUME /data
EXPOSE 7010 7011

FROM service AS ai-stream-service
COPY --from=train /opt/tailwater/ai-stream-service /opt/tailwater/ai-stream-service
ENV SERVICE=ai-stream-service GRPC_SERVER_HOST=0.0.0.0 MICRONAUT_SERVER_HOST=0.0.0.0 HEALTH_PORT=7021
EXPOSE 7020 7021

FROM service AS grpc-backend
COPY --from=train /opt/tailwater/grpc-backend /opt/tailwater/grpc-backend
ENV SERVICE=grpc-backend GRPC_SERVER_HOST=0.0.0.0 MICRONAUT_SERVER_HOST=0.0.0.0 HEALTH_PORT=7041
EXPOSE 7040 7041

FROM service AS edge-gateway
COPY --from=train /opt/tailwater/edge-gateway /opt/tailwater/edge-gateway
ENV SERVICE=edge-gateway MICRONAUT_SERVER_HOST=0.0.0.0 HEALTH_PORT=7031 JWT_KEY_FILE=/keys/jwt-key
VOLUME /keys
EXPOSE 8080 7031

# ---- everything in one container, for a first look and for tests: docker run -p 8080:8080 tailwater
FROM service AS tailwater
COPY --from=build /opt/tailwater/launcher /opt/tailwater/launcher
COPY docker/tailwater.sh /usr/local/bin/tailwater
ENV TAILWATER_DATA=/data HEALTH_PORT=8281 BALANCER_PORT=8080
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["tailwater"]
CMD ["up"]
