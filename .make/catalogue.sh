# Extract every message for translators: catalogue.sh FILE. Each way to say one is a keyword here;
# a command's word is one too. The time is left out, because it would make any two files differ.
set -e
pybabel extract --no-location --sort-output --project=trialbot --output="$1" \
  --keyword=N_ --keyword=words --keyword=there --keyword=theirs --keyword=plural:1,2 \
  --keyword=command \
  bot cards store
sed -i '/^"POT-Creation-Date/d' "$1"
