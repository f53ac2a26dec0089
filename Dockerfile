# Everything that docker-compose.yml needs, built from this repository alone:
# the page, the plugin with its backend, and the agent. No toolchain is needed
# on the machine that runs it.

FROM node:20-bookworm-slim AS page
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm run workbench

FROM golang:1.26-bookworm AS go
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/workbench/dist ./workbench/dist
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags '-s -w' -o /out/numalens ./cmd/numalens \
 && go build -trimpath -ldflags '-s -w' -o /out/numalens-agent ./cmd/numalens-agent \
 && go build -trimpath -ldflags '-s -w' -o "/out/gpx_numalens_linux_$(go env GOARCH)" ./pkg

# What a container of a plain user may be granted. Permitted only: the agent
# puts into effect what it gets, and starts as well where it gets none.
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin && rm -rf /var/lib/apt/lists/* \
 && setcap cap_perfmon,cap_sys_ptrace,cap_bpf,cap_syslog=p /out/numalens-agent

# The agent and the command, and nothing else.
FROM gcr.io/distroless/static-debian12 AS agent
COPY --from=go /out/numalens-agent /out/numalens /usr/local/bin/
ENTRYPOINT ["numalens-agent"]

# Grafana with the plugin and its provisioning.
FROM grafana/grafana:12.4.0 AS grafana
COPY --from=page --chown=472:0 /src/dist /var/lib/grafana/plugins/numalens-app
COPY --from=go --chown=472:0 /out/gpx_numalens_linux_* /var/lib/grafana/plugins/numalens-app/datasource/
COPY --chown=472:0 provisioning/plugins /etc/grafana/provisioning/plugins
COPY --chown=472:0 provisioning/datasources /etc/grafana/provisioning/datasources
COPY --chown=472:0 provisioning/dashboards /etc/grafana/provisioning/dashboards
COPY --chown=472:0 provisioning/alerting /etc/grafana/provisioning/alerting
COPY --chown=472:0 testdata/exports/guest /exports/example
