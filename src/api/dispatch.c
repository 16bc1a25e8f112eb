/* From an HTTP request to the endpoint that serves it. */

#include "api/dispatch.h"

#include "api/reply.h"

static const Endpoint endpoints[] = {
        {"/api/vcenter/system", "POST", serve_hello},
        {TRANSFER_PATH, NULL, serve_guest_file, guest_file_gone, "PUT"},
        {"/sdk", "POST", serve_soap, client_call_gone},
        {"/sdk/vim25/", NULL, serve_vi_json, client_call_gone},
        {"/sdk/vimService", "POST", serve_soap, client_call_gone},
        {"/sdk/vimServiceVersions.xml", "GET", serve_versions},
        {"/sdk/webService", "POST", serve_soap, client_call_gone},
};

static const Endpoint *find_endpoint(const char *path)
{
        for (size_t i = 0; i < ELEMENTS(endpoints); i++) {
                const char *prefix = endpoints[i].prefix;
                size_t n = strlen(prefix);

                if (prefix[n - 1] == '/' ? strncmp(prefix, path, n) == 0
                                         : strcmp(prefix, path) == 0)
                        return &endpoints[i];
        }
        return NULL;
}

bool dispatch_is_streamed(HttpRequest *request)
{
        const Endpoint *endpoint = find_endpoint(http_request_path(request));

        return endpoint && endpoint->streamed &&
               strcmp(endpoint->streamed, http_request_method(request)) == 0;
}

void dispatch_request(Service *service, HttpRequest *request, Usec now)
{
        const Endpoint *endpoint = find_endpoint(http_request_path(request));
        const char *method = http_request_method(request);

        if (!endpoint) {
                reply_text(request, 404, NULL, "There is nothing at this path.");
                return;
        }
        if (endpoint->method && strcmp(endpoint->method, method) != 0 &&
            !(strcmp(endpoint->method, "GET") == 0 && strcmp(method, "HEAD") == 0)) {
                reply_text(request, 405, &(HttpHeader){"Allow", endpoint->method},
                           "This path does not take that HTTP method.");
                return;
        }
        endpoint->serve(service, request, now);
}

void dispatch_gone(Service *service, HttpRequest *request, Usec now)
{
        const Endpoint *endpoint = find_endpoint(http_request_path(request));

        endpoint->gone(service, request, now);
}
