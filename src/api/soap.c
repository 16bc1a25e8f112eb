/* SOAP 1.1 at /sdk. Source: the WSDL of the vSphere Web Services API 8.0.2.0. */

#include "wire/soap.h"

#include "api/client-call.h"
#include "api/dispatch.h"

static int read_parameters(ClientCall *client, const WireType *type, void **ret, WireError *error)
{
        return soap_read(client->call.arena, client->document, type, ret, error);
}

static void write_value(const ClientCall *client, Buf *out, WireForm form, const void *value)
{
        (void)form; /* the method's */
        soap_write_response(out, client->call.method, value, client->version);
}

static void write_fault(const ClientCall *client, Buf *out)
{
        soap_write_fault(out, &client->call.fault, client->version);
}

static const Spelling soap = {
        .content_type = "text/xml; charset=utf-8",
        .void_status = 200,
        .read = read_parameters,
        .write = write_value,
        .write_fault = write_fault,
};

static int run(ClientCall *client, Usec now)
{
        const Buf *body = http_request_body(client->request);
        SoapRequest *document = arena_new_object(client->call.arena, SoapRequest);
        WireError error;
        int r;

        if (!document)
                return -ENOMEM;
        client->document = document;
        r = soap_open(client->call.arena, body->data, body->size, document, &error);
        if (r < 0)
                return client_call_fault_of(&client->call, &error);
        r = client_call_find(client, document->receiver.type, document->receiver.value);
        if (r < 0)
                return r;
        return client_call_run(client, document->method, now);
}

void serve_soap(Service *service, HttpRequest *request, Usec now)
{
        ClientCall *client = client_call_new(service, request, &soap, now);

        if (!client)
                return;
        client->version = soap_action_version(http_request_header(request, "SOAPAction"));
        if (run(client, now) < 0)
                call_fail(&client->call, now);
}
