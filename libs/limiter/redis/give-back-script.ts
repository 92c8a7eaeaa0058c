import { LAYOUT } from './take-script';

/**
 * Takes units out of the slots they were counted in, as far as they are there.
 *
 * - `KEYS`: the subject's
 * - `ARGV`: milliseconds of a tick; when the units were granted; how many; the limits of the minute, the hour, the day
 */
export const GIVE_BACK_SCRIPT = `${LAYOUT}
local value = redis.call('MGET', KEYS[1])[1]
if not value or #value ~= VALUE_BYTES then return 0 end
local tick = math.floor(ARGV[2] / ARGV[1]) % TICKS
local units = tonumber(ARGV[3])
local header = { struct.unpack(HEADER, value) }
local blocks, held = {}, 0

for window, width in ipairs({ 1, W2, W3 }) do
  local newest, slot, sum = math.floor(header[1] / width), math.floor(tick / width), header[window * 2]
  local counters = { struct.unpack(BLOCK, value, HEADER_BYTES + 1 + (window - 1) * BLOCK_BYTES) }
  local others = 0
  for index = 1, RING do
    if index ~= newest % RING + 1 then others = others + counters[index] end
  end
  counters[newest % RING + 1] = math.max(0, sum - others)
  if ARGV[3 + window] ~= '0' and slot <= newest and slot >= newest - SLOTS then
    local index = slot % RING + 1
    local removed = math.min(units, counters[index], sum)
    counters[index] = counters[index] - removed
    sum = sum - removed
    local oldest = newest - SLOTS
    while oldest < newest and counters[oldest % RING + 1] == 0 do oldest = oldest + 1 end
    header[window * 2], header[window * 2 + 1] = sum, oldest
  end
  held = held + sum
  blocks[window] = struct.pack(BLOCK, unpack(counters, 1, RING))
end

if held == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('SETRANGE', KEYS[1], 0, struct.pack(HEADER, unpack(header, 1, 7)) .. table.concat(blocks))
end
return 1
`;
