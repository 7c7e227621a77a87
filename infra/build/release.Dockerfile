# The image of the jobs of a release: `docker build --file infra/build/release.Dockerfile dist/release`.
FROM node:24.21.0-bookworm-slim
WORKDIR /app
COPY . ./
USER node
ENV NODE_ENV=production
# Which job, its arguments say: `migrate/index.js`.
ENTRYPOINT ["node"]
