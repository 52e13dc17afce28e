"""What somebody writes by hand: one route, the model in the process."""
import score
from fastapi import FastAPI, Request

app = FastAPI()
score.init()


@app.get("/")
async def health():
    return "ok"


@app.post("/score")
async def answer(request: Request):
    return score.run(await request.body())
