-- wrk: sends the requests of a file one after the other, round and round.
-- wrk -s rotate.lua <url> -- <file> <path> <content type> <first line>
-- Each line of the file is one request: its Authorization header, a tab, its body.
-- All requests are formatted before the load begins, so that a request costs this script one table look-up.

local threadCount = 0

function setup(thread)
  thread:set('threadIndex', threadCount)
  threadCount = threadCount + 1
end

local requests = {}
local position = 0

function init(args)
  local file, path, contentType, first = args[1], args[2], args[3], tonumber(args[4])
  for line in io.lines(file) do
    local tab = line:find('\t', 1, true)
    local headers = { ['Authorization'] = line:sub(1, tab - 1), ['Content-Type'] = contentType }
    requests[#requests + 1] = wrk.format('POST', path, headers, line:sub(tab + 1))
  end
  -- Threads start far apart, so that two of them do not send the same token at once.
  position = (first + threadIndex * 7919) % #requests
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"badStatus":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
