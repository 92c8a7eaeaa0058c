-- wrk: asks for an upload token, then has the token verified, and so on: as many of the one as of the other.
-- wrk -s issue-verify.lua <url> -- <administrator's key>

local issue
local tokens = {}
local verify = {}

function init(args)
  verify['Content-Type'] = 'application/json'
  issue = wrk.format('POST', '/api/video/auth/upload-token', verify, '{"authKey":"' .. args[1] .. '"}')
end

function request()
  local count = #tokens
  if count == 0 then return issue end
  local token = tokens[count]
  tokens[count] = nil
  return wrk.format('POST', '/api/video/auth/verify-token', verify, '{"token":"' .. token .. '"}')
end

function response(status, headers, body)
  local token = body:match('"token":"([^"]+)"')
  if token then tokens[#tokens + 1] = token end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"badStatus":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
