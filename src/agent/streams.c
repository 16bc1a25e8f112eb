#include "agent/streams.h"

#include "base/log.h"

static Link *link_of(void *user)
{
        return *(Link **)user;
}

static int streams_open(void *user, uint32_t id, bool incoming)
{
        Link *link = link_of(user);
        int r;

        if (!link)
                return -ENOTCONN;
        r = link_stream_open_pulled(link, id); /* for what ends it, too */
        if (r >= 0 && incoming)
                r = link_stream_accept(link, id);
        if (r < 0)
                link_forget(link, id);
        return r;
}

static void streams_ready(void *user, uint32_t id)
{
        Link *link = link_of(user);

        if (link)
                link_stream_ready(link, id);
}

static void streams_grant(void *user, uint32_t id, size_t size)
{
        Link *link = link_of(user);

        if (link)
                link_stream_grant(link, id, size);
}

static void streams_end(void *user, uint32_t id, const Buf *payload)
{
        Link *link = link_of(user);

        if (link && link_stream_end(link, id, FRAME_END, payload->data, payload->size) < 0)
                log_error("the end of a transfer could not be queued");
}

StreamHost streams_on(Link **link)
{
        return (StreamHost){
                .open = streams_open,
                .ready = streams_ready,
                .grant = streams_grant,
                .end = streams_end,
                .user = link,
        };
}
