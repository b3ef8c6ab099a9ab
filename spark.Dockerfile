# For docker-compose.spark.yml: Java, Spark with Connect, and clustercoop with all that its workers import.
FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml hatch_build.py README.md LICENSE /src/
COPY clustercoop /src/clustercoop
COPY graph /src/graph
COPY loaders /src/loaders
COPY analysis /src/analysis
COPY engines /src/engines
COPY reports /src/reports
RUN pip install --no-cache-dir "/src[spark]" && useradd --create-home spark
USER spark
ENV SPARK_HOME=/usr/local/lib/python3.11/site-packages/pyspark
