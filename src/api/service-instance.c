/* ServiceInstance. Source: vSphere Web Services API, release 8.0.2.0. */

#include "api/handlers.h"
#include "base/clock.h"

static int current_time(Service *service, Call *call, Usec now)
{
        const WireTime time = {true, clock_realtime()};

        (void)service;
        call_reply(call, &time, now);
        return 0;
}

static int retrieve_service_content(Service *service, Call *call, Usec now)
{
        const PropertyContext context = service_property_context(service, call);
        const ServiceContent *content = service_content(&context);

        if (!content)
                return -ENOMEM;
        call_reply(call, &content, now);
        return 0;
}

const Handler service_instance_handlers[] = {
        {"CurrentTime", current_time},
        {"RetrieveServiceContent", retrieve_service_content},
};
const size_t n_service_instance_handlers = ELEMENTS(service_instance_handlers);
