#include "api/reply.h"

void reply_text(HttpRequest *request, unsigned int status, const HttpHeader *header,
                const char *text)
{
        const HttpHeader headers[2] = {
                {"Content-Type", "text/plain; charset=utf-8"},
                header ? *header : (HttpHeader){0},
        };
        Buf body = {0};

        buf_puts(&body, text);
        buf_putc(&body, '\n');
        http_reply(request, status, headers, header ? 2 : 1, &body);
}
