"""How often run() alone can be called in a second, its value written as JSON."""
import json
import sys
import time

import score

score.init()
request = sys.argv[1]
until = time.perf_counter() + 1
while time.perf_counter() < until:
    json.dumps(score.run(request))
count, began = 0, time.perf_counter()
until = began + float(sys.argv[2])
while time.perf_counter() < until:
    for _ in range(50):
        json.dumps(score.run(request))
    count += 50
print(count / (time.perf_counter() - began))
