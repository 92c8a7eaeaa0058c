import { COUNTERS_PER_WINDOW, HELD_TICKS, LEASE_SHARE, SLOTS_PER_WINDOW, WINDOWS } from '../limits';

/** What is left comes as `left * LEFT_UNIT + ticks * TICKS_UNIT + window`: at most 2^52, which a number holds exactly. */
export const LEFT_UNIT = 2 ** 17;
export const TICKS_UNIT = 4;
/** A request's outcome comes as `ticks * REFUSED_UNIT + position`. */
export const REFUSED_UNIT = 8;
/** Stands for what is left of no limit at all. */
const NO_LIMIT = 2 ** 35;

/** What both scripts know of a value, whose layout is that of `memory/counters.ts`. */
export const LAYOUT = `
local HEADER, HEADER_BYTES = '<IIIIIII', 28
local SLOTS, RING, BLOCK, BLOCK_BYTES = ${[SLOTS_PER_WINDOW, COUNTERS_PER_WINDOW].join(', ')}, '<${'I'.repeat(COUNTERS_PER_WINDOW)}', ${String(COUNTERS_PER_WINDOW * 4)}
local VALUE_BYTES = HEADER_BYTES + BLOCK_BYTES * 3
-- Ticks in a slot of the hour and of the day; one of the minute is a tick.
local W2, W3 = ${[WINDOWS[1].slotTicks, WINDOWS[2].slotTicks].join(', ')}
-- Ticks are kept modulo 2^32, which only those of a test that scales time reach.
local TICKS = 4294967296
`;

/**
 * Decides a batch of takes in their order, each as `MemoryCounterStore.takeNow` would.
 *
 * A value is laid out as in memory, but the counter of a window's newest slot is up to date only when it stops being
 * the newest: until then it is what the sum holds beyond the other slots. So a take within the tick of the last one
 * reads and writes the header alone.
 *
 * - `KEYS`: one a subject
 * - `ARGV`: milliseconds of a tick; the time, or '' for that of Redis; a JSON array of three limits for each key and then
 *   the requests. A request is its demands and a 0. A demand is the position of its key, for one unit; or minus that
 *   position, the need and the extra.
 * - Reply: the time, then for each request in how many ticks to retry and which demand was refused (0: none), and for
 *   each demand what is left, in how many ticks there is room, and the tightest window; before it, where an extra was
 *   asked for, the units granted.
 */
export const TAKE_SCRIPT = `${LAYOUT}
local call, floor, max, min, sub, pack, decode = redis.call, math.floor, math.max, math.min, string.sub, struct.pack, struct.unpack
local ZEROS, NOTHING = string.rep('\\0', BLOCK_BYTES), string.rep('\\0', BLOCK_BYTES * 3)

local tickMs, now = tonumber(ARGV[1]), tonumber(ARGV[2])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000)
end
local tick = floor(now / tickMs) % TICKS
local input = cjson.decode(ARGV[3])
local values = call('MGET', unpack(KEYS))

-- Of each subject: its header; its counters, where they differ from the stored ones; its limits.
local last, sum1, old1, sum2, old2, sum3, old3, tails = {}, {}, {}, {}, {}, {}, {}, {}
local limit1, limit2, limit3 = {}, {}, {}
-- What the tightest window has left, below 0 when a limit was lowered; what else is said of it; units granted that the
-- sums lack still, nil before the first; whether more than the header must be stored.
local room, head, added, whole = {}, {}, {}, {}

-- A window's newest slot moves: its counters, what it holds, and its oldest slot that holds anything.
local function move(value, start, sum, from, to)
  if sum == 0 or to - from >= RING then return ZEROS, 0, 0 end
  local counters = { decode(BLOCK, value, start) }
  local newest, others = from % RING + 1, 0
  for index = 1, RING do
    if index ~= newest then others = others + counters[index] end
  end
  counters[newest] = max(0, sum - others)
  for slot = from + 1, to do
    local index = slot % RING + 1
    sum = sum - counters[index]
    counters[index] = 0
  end
  local oldest = to - SLOTS
  while oldest < to and counters[oldest % RING + 1] == 0 do oldest = oldest + 1 end
  return pack(BLOCK, unpack(counters, 1, RING)), max(0, sum), oldest
end

-- All that a window holds, in one slot.
local function gathered(sum, slot)
  local at = slot % RING * 4
  return sub(ZEROS, 1, at) .. pack('<I', sum) .. sub(ZEROS, at + 5)
end

local function advance(i, value)
  local before = last[i]
  local to2, to3 = floor(tick / W2), floor(tick / W3)
  local block1, block2, block3
  if tick < before then
    block1, block2, block3 = gathered(sum1[i], tick), gathered(sum2[i], to2), gathered(sum3[i], to3)
    old1[i], old2[i], old3[i] = tick, to2, to3
  else
    local from2, from3, start = floor(before / W2), floor(before / W3), HEADER_BYTES + 1
    block1, sum1[i], old1[i] = move(value, start, sum1[i], before, tick)
    start = start + BLOCK_BYTES
    if from2 == to2 then
      block2, block3 = sub(value, start), ''
    else
      block2, sum2[i], old2[i] = move(value, start, sum2[i], from2, to2)
      start = start + BLOCK_BYTES
      if from3 == to3 then
        block3 = sub(value, start)
      else
        block3, sum3[i], old3[i] = move(value, start, sum3[i], from3, to3)
      end
    end
  end
  last[i], tails[i], whole[i] = tick, block1 .. block2 .. block3, true
end

-- Ticks until enough of a window, and at least its oldest slot, has left for more units.
local function ticksUntil(i, window, width, sum, oldest, limit, units)
  local newest = floor(last[i] / width)
  local counters, start = tails[i], 1
  if not counters then counters, start = values[i], HEADER_BYTES + 1 end
  start = start + window * BLOCK_BYTES
  local slot = sum == 0 and newest or max(oldest, newest - SLOTS)
  while slot < newest do
    sum = sum - decode('<I', counters, start + slot % RING * 4)
    if sum + units <= limit then break end
    slot = slot + 1
  end
  return (min(slot, newest) + RING) * width - tick
end

-- Finds the tightest window, and when it has room.
local function look(i)
  local least, ticks, window = math.huge, 0, 0
  local limit, sum = limit1[i], sum1[i]
  if limit > 0 then
    least = max(0, limit - sum)
    if sum > limit then ticks = ticksUntil(i, 0, 1, sum, old1[i], limit, 1)
    elseif sum > 0 then ticks = old1[i] + RING - tick end
  end
  limit, sum = limit2[i], sum2[i]
  if limit > 0 then
    local left = max(0, limit - sum)
    if left <= least then
      local at = 0
      if sum > limit then at = ticksUntil(i, 1, W2, sum, old2[i], limit, 1)
      elseif sum > 0 then at = (old2[i] + RING) * W2 - tick end
      if left < least or at > ticks then least, ticks, window = left, at, 1 end
    end
  end
  limit, sum = limit3[i], sum3[i]
  if limit > 0 then
    local left = max(0, limit - sum)
    if left <= least then
      local at = 0
      if sum > limit then at = ticksUntil(i, 2, W3, sum, old3[i], limit, 1)
      elseif sum > 0 then at = (old3[i] + RING) * W3 - tick end
      if left < least or at > ticks then ticks, window = at, 2 end
    end
  end
  head[i] = ticks * ${String(TICKS_UNIT)} + window
end

local function settle(i)
  local units = added[i]
  if limit1[i] > 0 then sum1[i] = sum1[i] + units end
  if limit2[i] > 0 then sum2[i] = sum2[i] + units end
  if limit3[i] > 0 then sum3[i] = sum3[i] + units end
  added[i] = 0
end

-- The first grant of a subject in this batch; the only one after which something else than what is left may differ.
local function begin(i, units)
  local fresh = false
  if limit1[i] > 0 and sum1[i] == 0 then old1[i], fresh = last[i], true end
  if limit2[i] > 0 and sum2[i] == 0 then old2[i], fresh = floor(last[i] / W2), true end
  if limit3[i] > 0 and sum3[i] == 0 then old3[i], fresh = floor(last[i] / W3), true end
  added[i] = units
  if fresh then
    -- A window begins to hold something: the value may have to last longer.
    whole[i] = true
    settle(i)
    look(i)
  end
end

local function retryIn(i, need)
  local ticks, more = 0, added[i] or 0
  local limit, sum = limit1[i], sum1[i] + more
  if limit > 0 and sum + need > limit then ticks = ticksUntil(i, 0, 1, sum, old1[i], limit, need) end
  limit, sum = limit2[i], sum2[i] + more
  if limit > 0 and sum + need > limit then ticks = max(ticks, ticksUntil(i, 1, W2, sum, old2[i], limit, need)) end
  limit, sum = limit3[i], sum3[i] + more
  if limit > 0 and sum + need > limit then ticks = max(ticks, ticksUntil(i, 2, W3, sum, old3[i], limit, need)) end
  return ticks
end

local count = #KEYS
for i = 1, count do
  local value = values[i]
  if value and #value == VALUE_BYTES then
    last[i], sum1[i], old1[i], sum2[i], old2[i], sum3[i], old3[i] = decode(HEADER, value)
    local ahead = last[i] - tick
    if ahead < 0 or ahead > ${String(HELD_TICKS)} then advance(i, value) end
  else
    last[i], sum1[i], old1[i], sum2[i], old2[i], sum3[i], old3[i] = tick, 0, 0, 0, 0, 0, 0
    tails[i] = NOTHING
  end
  local first, second, third = input[i * 3 - 2], input[i * 3 - 1], input[i * 3]
  limit1[i], limit2[i], limit3[i] = first, second, third
  local least = ${String(NO_LIMIT)}
  if first > 0 then least = first - sum1[i] end
  if second > 0 then least = min(least, second - sum2[i]) end
  if third > 0 then least = min(least, third - sum3[i]) end
  room[i] = least
  look(i)
end

local reply, written, at, stop = { now }, 1, count * 3 + 1, #input
while at <= stop do
  local refused, retry, position = 0, 0, 0
  local from, i = at, input[at]
  while i ~= 0 do
    local need = 1
    position = position + 1
    if i < 0 then
      i, need = -i, input[at + 1]
      at = at + 2
    end
    if need > 0 and room[i] < need then
      if refused == 0 then refused = position end
      retry = max(retry, retryIn(i, need))
    end
    at = at + 1
    i = input[at]
  end
  written = written + 1
  reply[written] = retry * ${String(REFUSED_UNIT)} + refused
  at, i = from, input[from]
  while i ~= 0 do
    local units, extra = 1, 0
    if i < 0 then
      i, units, extra = -i, input[at + 1], input[at + 2]
      at = at + 2
    end
    local left = room[i]
    if refused ~= 0 then
      units = 0
    elseif extra > 0 then
      units = units + min(extra, floor(max(0, left - units) / ${String(LEASE_SHARE)}))
    end
    if units > 0 then
      left = left - units
      room[i] = left
      if added[i] then added[i] = added[i] + units else begin(i, units) end
    end
    if extra > 0 then
      written = written + 1
      reply[written] = units
    end
    written = written + 1
    reply[written] = max(0, left) * ${String(LEFT_UNIT)} + head[i]
    at = at + 1
    i = input[at]
  end
  at = at + 1
end

for i = 1, count do
  if added[i] or whole[i] then
    if added[i] then settle(i) end
    local header = pack(HEADER, last[i], sum1[i], old1[i], sum2[i], old2[i], sum3[i], old3[i])
    if whole[i] then
      -- Until the last slot that holds anything has left its window.
      local ticks = 0
      if sum3[i] > 0 then ticks = (floor(last[i] / W3) + RING) * W3 - tick
      elseif sum2[i] > 0 then ticks = (floor(last[i] / W2) + RING) * W2 - tick
      elseif sum1[i] > 0 then ticks = last[i] + RING - tick end
      if ticks > 0 then
        call('SET', KEYS[i], header .. (tails[i] or sub(values[i], HEADER_BYTES + 1)), 'PX', ticks * tickMs)
      elseif values[i] then
        call('DEL', KEYS[i])
      end
    elseif sum1[i] + sum2[i] + sum3[i] > 0 then
      call('SETRANGE', KEYS[i], 0, header)
    end
  end
end
return reply
`;
