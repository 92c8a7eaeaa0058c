# One image, two programs: `docker build --target api .` and `docker build --target gateway .`
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing is compiled: every native package has a ready binary for Node 24 on glibc.
COPY scripts/postinstall.mjs scripts/
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json ./
COPY scripts scripts
COPY libs libs
COPY src src
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -f dist/.*.tsbuildinfo

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production DATA_DIR=/var/lib/tollgate
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY scripts scripts
# `docker exec <container> tollgate …`
RUN ln -s /app/scripts/tollgate.mjs /usr/local/bin/tollgate \
  && install --directory --owner=node --group=node --mode=0700 "$DATA_DIR"
USER node
VOLUME ["/var/lib/tollgate"]
STOPSIGNAL SIGTERM

FROM runtime AS gateway
# The container's own network decides who reaches it.
ENV GATEWAY_ADMIN_HOST=0.0.0.0
EXPOSE 7000 7500
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GATEWAY_ADMIN_PORT || 7500}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "dist/gateway/src/gateway/main.js"]

# Last, and therefore the one that a plain `docker build .` makes.
FROM runtime AS api
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8081}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--initial-old-space-size=128", "dist/api/src/api/main.js"]
