# Extract every message for translators: catalogue.sh FILE. Each way to say one is a keyword here.
exec pybabel extract --no-location --sort-output --project=trialbot --output="$1" \
  --keyword=N_ --keyword=words --keyword=there --keyword=theirs --keyword=plural:1,2 \
  bot cards store
