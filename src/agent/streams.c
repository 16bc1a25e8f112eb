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
        r = link_stream_open(link, id); /* for what ends it, too */
        if (r >= 0 && incoming)
                r = link_stream_accept(link, id);
        if (r < 0)
                link_forget(link, id);
        return r;
}

static size_t streams_room(void *user, uint32_t id)
{
        const Link *link = link_of(user);

        return link ? link_stream_room(link, id) : 0;
}

static int streams_send(void *user, uint32_t id, const void *data, size_t size)
{
        Link *link = link_of(user);

        return link ? link_stream_send(link, id, data, size) : -ENOTCONN;
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
                .room = streams_room,
                .send = streams_send,
                .grant = streams_grant,
                .end = streams_end,
                .user = link,
        };
}
