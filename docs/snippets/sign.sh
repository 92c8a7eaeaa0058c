#!/bin/sh
# Creates a token, then lists the tokens that work. Needs curl and openssl.
# The environment holds TOLLGATE_URL, TOLLGATE_ACCESS_KEY and TOLLGATE_SECRET_KEY.
set -eu

# request METHOD URI [BODY]    URI: path with query, exactly as it goes over the wire
request() {
  # A signature that changes something is accepted once, so the date needs a fraction that is new each time.
  # Not every date(1) knows fractions: random ones serve as well.
  fraction=$(printf '%09d' $((0x$(openssl rand -hex 4) % 1000000000)))
  now=$(date -u +%Y-%m-%dT%H:%M:%S).${fraction}Z
  signature=$(printf '%s\n%s\n%s\n%s' "$1" "$2" "$now" "${3-}" |
    openssl dgst -sha256 -hmac "$TOLLGATE_SECRET_KEY" -binary | openssl base64 -A)
  curl -sS --fail-with-body -X "$1" "$TOLLGATE_URL$2" \
    -H "Authorization: QINIU $TOLLGATE_ACCESS_KEY:$signature" \
    -H "X-Qiniu-Date: $now" \
    -H 'Content-Type: application/json' \
    ${3+--data-raw "$3"}
  echo
}

request POST /api/v2/tokens '{"description":"made by sign.sh ✓","scope":["storage:read"],"expires_in_seconds":3600}'
request GET '/api/v2/tokens?active_only=true&limit=10'
