#pragma once

/* A short text as the answer, for what is no call: the wrong path, the wrong verb. */

#include "http/http.h"

void reply_text(HttpRequest *request, unsigned int status, const HttpHeader *header,
                const char *text);
