# Extract every message for translators: catalogue.sh FILE. Each way to say one is a keyword here;
# a command's word is one too.
exec pybabel extract --no-location --sort-output --project=trialbot --output="$1" \
  --keyword=N_ --keyword=words --keyword=there --keyword=theirs --keyword=plural:1,2 \
  --keyword=command \
  bot cards store
