"""AML_CORS_ORIGINS: the origins whose pages may call /score."""


class Origins:
    def __init__(self, text):
        self.origins = [origin.strip() for origin in text.split(",") if origin.strip()]
        self.any = bool(self.origins)

    def allow(self, head, answer):
        origin = head.get("origin", None) if self.any else None
        if origin is None:
            return answer
        everybody = "*" in self.origins
        if not everybody and origin.lower() not in [each.lower() for each in self.origins]:
            return answer
        status, headers, body = answer
        headers.append(("access-control-allow-origin", "*" if everybody else origin))
        if not everybody and len(self.origins) > 1:
            headers.append(("vary", "Origin"))
        if head.method == "OPTIONS" and head.get("access-control-request-method").upper() in ("GET", "POST"):
            headers.append(("access-control-allow-methods", "GET, POST"))
            asked = head.get("access-control-request-headers")
            if asked:
                headers.append(("access-control-allow-headers", asked))
        return status, headers, body
