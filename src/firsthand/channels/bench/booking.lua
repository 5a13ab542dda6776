-- Each request takes a place for another person; every thread works through its own share of the file.
local threads = 0

function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

function init(args)
  rows, position, exhausted = {}, 0, 0
  local shares, line_number = tonumber(args[2]), 0
  for line in io.lines(args[1]) do
    if line_number % shares == first then
      rows[#rows + 1] = line
    end
    line_number = line_number + 1
  end
end

function request()
  position = position + 1
  local row = rows[position]
  if row == nil then
    exhausted = exhausted + 1
    return wrk.format("GET", "/healthz")
  end
  local token, session = row:match("^(%S+) (%S+)$")
  local headers = {
    ["Authorization"] = "Bearer " .. token,
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = token,
  }
  return wrk.format("POST", "/api/v1/bookings", headers, '{"session_id":"' .. session .. '"}')
end

function done(summary, latency, requests)
  io.write(string.format(
    '{"requests":%d,"duration_us":%d,"not_2xx":%d,"socket_errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
