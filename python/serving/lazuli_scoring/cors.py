"""AML_CORS_ORIGINS: the origins whose pages may call the model."""


class Origins:
    def __init__(self, text):
        self.origins = [origin.strip() for origin in text.split(",") if origin.strip()]
        self.any = bool(self.origins)

    def allow(self, head, answer):
        if not self.any:
            return answer
        # Who names no origin is told the first, as Flask's extension does it.
        origin = head.get("origin", None) or sorted(self.origins)[0]
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
