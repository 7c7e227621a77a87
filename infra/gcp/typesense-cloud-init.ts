import { searchServerMetric } from './search-server-metric.ts';

export interface TypesenseServer {
  project: string;
  zone: string;
  region: string;
  /** Of Artifact Registry, where the image was copied to: the server reaches nothing else. */
  repository: string;
  version: string;
  port: number;
  /** Where its key is read: `projects/…/secrets/…/versions/…`. */
  keyPlace: string;
}

/**
 * What the server does when it starts, as cloud-init of Container-Optimized OS: mounts its disk, reads its key from
 * Secret Manager, runs Typesense, starts it again when it does not answer for a minute, and says each minute whether it
 * answers. The key is on no disk and in no metadata.
 */
export function typesenseCloudInit({
  project,
  zone,
  region,
  repository,
  version,
  port,
  keyPlace,
}: TypesenseServer): string {
  const registry = `${region}-docker.pkg.dev`;
  const image = `${registry}/${project}/${repository}/typesense:${version}`;
  const secret = `https://secretmanager.googleapis.com/v1/${keyPlace}:access`;
  const metrics = `https://monitoring.googleapis.com/v3/projects/${project}/timeSeries`;
  return `#cloud-config
write_files:
  - path: /etc/systemd/system/typesense.service
    content: |
      [Unit]
      Description=Typesense
      Wants=network-online.target
      After=network-online.target
      [Service]
      Environment=HOME=/home/typesense
      RuntimeDirectory=typesense
      RuntimeDirectoryMode=0700
      ExecStartPre=/bin/bash /etc/typesense/prepare.sh
      ExecStartPre=-/usr/bin/docker rm --force typesense
      ExecStart=/usr/bin/docker run --rm --name typesense --net host --env-file /run/typesense/environment --volume /mnt/disks/data:/data ${image} --data-dir /data --api-port ${port} --enable-cors=false
      ExecStop=/usr/bin/docker stop --time 60 typesense
      Restart=always
      RestartSec=10
  - path: /etc/typesense/token.sh
    content: |
      metadata() { curl -sf -H 'Metadata-Flavor: Google' "http://metadata.google.internal/computeMetadata/v1/instance/$1"; }
      token=$(metadata service-accounts/default/token | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  - path: /etc/typesense/prepare.sh
    content: |
      set -euo pipefail
      mkdir -p /mnt/disks/data
      blkid /dev/disk/by-id/google-data || mkfs.ext4 -m 0 /dev/disk/by-id/google-data
      mountpoint -q /mnt/disks/data || mount -o discard,defaults /dev/disk/by-id/google-data /mnt/disks/data
      . /etc/typesense/token.sh
      key=$(curl -sf -H "Authorization: Bearer $token" '${secret}' | tr -d ' \\n' | sed 's/.*"data":"\\([^"]*\\)".*/\\1/' | base64 -d | tr -d '\\r\\n ')
      umask 077
      echo "TYPESENSE_API_KEY=$key" > /run/typesense/environment
      # The system lets nothing in but SSH, whatever the network lets through.
      iptables -w -C INPUT -p tcp --dport ${port} -j ACCEPT || iptables -w -A INPUT -p tcp --dport ${port} -j ACCEPT
      docker-credential-gcr configure-docker --registries=${registry}
  - path: /etc/typesense/health.sh
    content: |
      failing=1
      for try in 1 2 3; do
        if curl -sf --max-time 5 http://127.0.0.1:${port}/health; then failing=0; break; fi
        sleep 20
      done
      . /etc/typesense/token.sh
      labels='{"project_id":"${project}","instance_id":"'$(metadata id)'","zone":"${zone}"}'
      point='{"interval":{"endTime":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"},"value":{"int64Value":"'$failing'"}}'
      curl -sf -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/json' '${metrics}' -d '{"timeSeries":[{"metric":{"type":"${searchServerMetric}"},"resource":{"type":"gce_instance","labels":'"$labels"'},"points":['"$point"']}]}'
      if [ $failing = 1 ]; then
        logger -p daemon.err "Typesense does not answer, it is started again"
        systemctl restart typesense
      fi
  - path: /etc/systemd/system/typesense-health.service
    content: |
      [Service]
      Type=oneshot
      ExecStart=/bin/bash /etc/typesense/health.sh
  - path: /etc/systemd/system/typesense-health.timer
    content: |
      [Timer]
      OnBootSec=5min
      OnUnitInactiveSec=60s
runcmd:
  - systemctl daemon-reload
  - systemctl start typesense.service typesense-health.timer
`;
}
