# The pipeline with its pinned requirements. Run in a folder, it leaves everything it makes there:
#   docker build --tag empirical-fisher .
#   mkdir -p out && docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD/out:/out" \
#       empirical-fisher figure3
FROM python:3.11-slim-bookworm

WORKDIR /empirical-fisher
COPY requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt && pip check
COPY Snakefile config.yaml environment.yml ./
COPY data/snapshots/ data/snapshots/
COPY src/ src/
COPY workflow/ workflow/

# Whoever it runs as has no home here.
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1
RUN useradd --no-create-home fisher && install --directory --owner=fisher /out
USER fisher
WORKDIR /out
ENTRYPOINT ["snakemake", "--snakefile", "/empirical-fisher/Snakefile", \
    "--workflow-profile", "/empirical-fisher/workflow/profiles/default", "--cores", "all"]
