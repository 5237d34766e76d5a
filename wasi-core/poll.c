/* poll_oneoff. What is wrong with one subscription is told in its event; the call fails only as a whole. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Every guest-controlled length is bounded before it is allocated. */
#define MAX_SUBSCRIPTIONS 65536

struct waiter {
	wasi_entry_t *e;   /* fd subscriptions: held while we wait */
	uint64_t deadline; /* clock subscriptions: monotonic nanoseconds */
	int poll_index;	   /* in the host's array, -1: not there */
	bool settled;	   /* its event is certain before waiting */
	wasi_errno_t error;
};

struct poll_state {
	wasi_subscription_t *subscriptions; /* a copy: the events may overlap the guest's */
	struct waiter *waiters;
	struct pollfd *fds;
	size_t n, n_fds;
	uint64_t deadline;
	bool immediate;
};

static wasi_errno_t now(wasi_call_t *c, int clock, uint64_t *ret)
{
	struct timespec ts;
	long result = c->host->clock_gettime(clock, &ts);

	if (result < 0)
		return host_error(result);
	*ret = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return WASI_ERRNO_SUCCESS;
}

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

/* Everything becomes a monotonic deadline: a relative wait must not be disturbed by a clock that is set. */
static wasi_errno_t clock_deadline(wasi_call_t *c, const wasi_subscription_clock_t *clock, uint64_t *ret)
{
	uint64_t mono = 0, real = 0;
	wasi_errno_t error;

	if (clock->id != WASI_CLOCKID_REALTIME && clock->id != WASI_CLOCKID_MONOTONIC)
		return WASI_ERRNO_INVAL;
	if (clock->flags & ~(unsigned)WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME)
		return WASI_ERRNO_INVAL;
	error = now(c, CLOCK_MONOTONIC, &mono);
	if (error)
		return error;
	if (!(clock->flags & WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME)) {
		*ret = saturating_add(mono, clock->timeout);
	} else if (clock->id == WASI_CLOCKID_MONOTONIC) {
		*ret = saturating_add(c->ctx->monotonic_zero, clock->timeout);
	} else {
		error = now(c, CLOCK_REALTIME, &real);
		*ret = clock->timeout > real ? saturating_add(mono, clock->timeout - real) : mono;
	}
	return error;
}

static wasi_errno_t fd_waiter(wasi_call_t *c, struct poll_state *p, const wasi_subscription_t *s, struct waiter *w)
{
	bool read = s->tag == WASI_EVENTTYPE_FD_READ;
	wasi_rights_t rights = WASI_RIGHTS_POLL_FD_READWRITE;
	wasi_errno_t error;

	w->e = entry_get(c, s->u.fd_readwrite.file_descriptor);
	if (!w->e)
		return WASI_ERRNO_BADF;
	/* A directory can be listed without waiting, and that is all that can be waited for. */
	if (entry_class(c, w->e) == CLASS_DIRECTORY && read)
		w->settled = true;
	else
		rights |= read ? WASI_RIGHTS_FD_READ : WASI_RIGHTS_FD_WRITE;
	error = need(c, w->e, rights);
	if (error || w->settled)
		return error;
	w->poll_index = (int)p->n_fds;
	p->fds[p->n_fds++] = (struct pollfd){.fd = w->e->host_fd, .events = read ? POLLIN : POLLOUT};
	return WASI_ERRNO_SUCCESS;
}

static wasi_errno_t prepare(wasi_call_t *c, struct poll_state *p)
{
	p->deadline = UINT64_MAX;
	for (size_t i = 0; i < p->n; i++) {
		const wasi_subscription_t *s = &p->subscriptions[i];
		struct waiter *w = &p->waiters[i];

		w->poll_index = -1;
		if (s->tag == WASI_EVENTTYPE_CLOCK)
			w->error = clock_deadline(c, &s->u.clock, &w->deadline);
		else if (s->tag == WASI_EVENTTYPE_FD_READ || s->tag == WASI_EVENTTYPE_FD_WRITE)
			w->error = fd_waiter(c, p, s, w);
		else
			return WASI_ERRNO_INVAL;
		if (w->error)
			w->settled = true;
		p->immediate |= w->settled;
		if (s->tag == WASI_EVENTTYPE_CLOCK && !w->error && w->deadline < p->deadline)
			p->deadline = w->deadline;
	}
	return WASI_ERRNO_SUCCESS;
}

/* Waits until a descriptor is ready or the first deadline has passed; never less. */
static wasi_errno_t wait_for_any(wasi_call_t *c, struct poll_state *p)
{
	for (;;) {
		struct timespec timeout = {0}, *until = &timeout;
		uint64_t mono = 0;
		wasi_errno_t error = now(c, CLOCK_MONOTONIC, &mono);
		long ready;

		if (error)
			return error;
		if (!p->immediate && p->deadline == UINT64_MAX) {
			until = NULL;
		} else if (!p->immediate && p->deadline > mono) {
			timeout.tv_sec = (time_t)((p->deadline - mono) / 1000000000);
			timeout.tv_nsec = (long)((p->deadline - mono) % 1000000000);
		}
		ready = c->host->ppoll(p->fds, p->n_fds, until, NULL, 8);
		if (ready == -EINTR) {
			if (c->ctx->config.return_eintr && !p->immediate)
				return WASI_ERRNO_INTR;
			continue;
		}
		if (ready < 0)
			return host_error(ready);
		error = now(c, CLOCK_MONOTONIC, &mono);
		if (error || ready > 0 || p->immediate || mono >= p->deadline)
			return error;
	}
}

static bool collect(wasi_call_t *c, const struct poll_state *p, size_t i, uint64_t mono, wasi_event_t *ret)
{
	const wasi_subscription_t *s = &p->subscriptions[i];
	const struct waiter *w = &p->waiters[i];
	short revents = w->poll_index >= 0 ? p->fds[w->poll_index].revents : 0;
	int bytes = 0;

	*ret = (wasi_event_t){.userdata = s->userdata, .error = w->error, .type = s->tag};
	if (w->settled)
		return true;
	if (s->tag == WASI_EVENTTYPE_CLOCK)
		return mono >= w->deadline;
	if (!revents)
		return false;
	if (revents & POLLNVAL) {
		ret->error = WASI_ERRNO_BADF;
		return true;
	}
	if (s->tag == WASI_EVENTTYPE_FD_READ && c->host->ioctl(w->e->host_fd, FIONREAD, &bytes) >= 0 && bytes > 0)
		ret->fd_readwrite.nbytes = (wasi_filesize_t)bytes;
	/* A pipe without readers tells its writer by POLLERR. */
	if (revents & POLLHUP || (s->tag == WASI_EVENTTYPE_FD_WRITE && revents & POLLERR))
		ret->fd_readwrite.flags = WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP;
	return true;
}

wasi_errno_t call_poll_oneoff(wasi_call_t *c, const wasi_subscription_t *in, wasi_event_t *out, size_t nsubscriptions,
			      wasi_size_t *nevents)
{
	struct poll_state p = {.n = nsubscriptions};
	wasi_size_t n_events = 0;
	wasi_errno_t error;
	uint64_t mono = 0;

	if (nsubscriptions == 0 || nsubscriptions > MAX_SUBSCRIPTIONS)
		return WASI_ERRNO_INVAL;
	p.subscriptions = malloc(nsubscriptions * sizeof(*p.subscriptions));
	p.waiters = calloc(nsubscriptions, sizeof(*p.waiters));
	p.fds = calloc(nsubscriptions, sizeof(*p.fds));
	error = p.subscriptions && p.waiters && p.fds ? WASI_ERRNO_SUCCESS : WASI_ERRNO_NOMEM;
	if (!error) {
		memcpy(p.subscriptions, in, nsubscriptions * sizeof(*in));
		error = prepare(c, &p);
	}
	if (!error)
		error = wait_for_any(c, &p);
	if (!error)
		error = now(c, CLOCK_MONOTONIC, &mono);
	for (size_t i = 0; !error && i < p.n; i++)
		n_events += collect(c, &p, i, mono, &out[n_events]);
	for (size_t i = 0; p.waiters && i < p.n; i++) {
		if (p.waiters[i].e)
			entry_put(c, p.waiters[i].e);
	}
	free(p.subscriptions);
	free(p.waiters);
	free(p.fds);
	c->missing = 0; /* told by events, not by the call */
	if (!error)
		*nevents = n_events;
	return error;
}
