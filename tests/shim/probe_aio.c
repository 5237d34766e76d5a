/* Asynchronous input and output, and waiting for locks. */
#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>

#include "probe.h"

static ssize_t finish(struct aiocb *block)
{
	const struct aiocb *const list[] = {block};

	while (aio_error(block) == EINPROGRESS)
		CHECK(aio_suspend(list, 1, NULL) == 0);
	CHECK(aio_error(block) == 0);
	return aio_return(block);
}

void case_asynchronous_calls(void)
{
	char buf[16] = "";
	int in = open("a", O_RDONLY), out = open("n", O_CREAT | O_WRONLY, 0600);
	struct aiocb reading = {.aio_fildes = in, .aio_buf = buf, .aio_nbytes = 7, .aio_sigevent.sigev_notify = SIGEV_NONE};
	struct aiocb writing = {.aio_fildes = out, .aio_buf = (void *)"text", .aio_nbytes = 4,
				.aio_sigevent.sigev_notify = SIGEV_NONE};

	CHECK(aio_read(&reading) == 0 && finish(&reading) == 7 && strcmp(buf, "content") == 0);
	CHECK(aio_write(&writing) == 0 && finish(&writing) == 4);
	CHECK(aio_fsync(O_SYNC, &writing) == 0 && finish(&writing) == 0 && is("n", "text"));
	struct aiocb *list[] = {&reading, NULL, &writing};
	reading.aio_lio_opcode = LIO_READ;
	reading.aio_offset = 8;
	writing.aio_lio_opcode = LIO_WRITE;
	CHECK(lio_listio(LIO_WAIT, list, 3, NULL) == 0 && aio_return(&reading) == 4 && aio_return(&writing) == 4);

	reading.aio_fildes = out;
	FAILS(aio_read(&reading), EBADF);
	writing.aio_fildes = in;
	FAILS(aio_write(&writing), EBADF);
	FAILS(lio_listio(LIO_WAIT, list, 3, NULL), EBADF);
	reading.aio_fildes = 900;
	FAILS(aio_read(&reading), EBADF);
	reading.aio_fildes = in;
	reading.aio_sigevent.sigev_notify = SIGEV_THREAD;
	FAILS(aio_read(&reading), ENOTSUP);
	struct aiocb *volatile nowhere = (struct aiocb *)8;
	FAILS(aio_read(nowhere), EFAULT);
	CHECK(is("a", "content of a"));
}

static int locked;
static volatile int got_lock;

static void *wait_for_the_lock(void *unused)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	(void)unused;
	got_lock = fcntl(locked, F_SETLKW, &lock) == 0;
	return NULL;
}

static void *wait_with_lockf(void *unused)
{
	(void)unused;
	got_lock = lockf(locked, F_LOCK, 0) == 0;
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

/* As in the C library: fcntl and lockf can be cancelled while they wait, and a signal interrupts them. */
void case_waits_for_locks_are_cancelled(void)
{
	void *(*const kinds[])(void *) = {wait_for_the_lock, wait_with_lockf};
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct sigaction action = {.sa_handler = nothing};
	int ready[2];
	char c;

	CHECK(pipe(ready) == 0 && (locked = open("a", O_RDWR)) >= 0);
	pid_t holder = fork();
	if (holder == 0) {
		CHECK(fcntl(locked, F_SETLK, &lock) == 0 && write(ready[1], "x", 1) == 1);
		pause();
		_exit(0);
	}
	CHECK(read(ready[0], &c, 1) == 1);
	FAILS(fcntl(locked, F_SETLK, &lock), EAGAIN);
	FAILS(lockf(locked, F_TLOCK, 0), EAGAIN);
	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		void *result;
		CHECK(pthread_create(&thread, NULL, kinds[i], NULL) == 0);
		usleep(20000);
		CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
		CHECK(!got_lock);
	}
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	alarm(1);
	FAILS(fcntl(locked, F_SETLKW, &lock), EINTR);
	CHECK(kill(holder, SIGKILL) == 0 && waitpid(holder, NULL, 0) == holder && fcntl(locked, F_SETLKW, &lock) == 0);
	CHECK(flock(locked, LOCK_EX) == 0 && flock(locked, LOCK_UN) == 0);
	FAILS(fcntl(900, F_SETLKW, &lock), EBADF);
	FAILS(flock(900, LOCK_SH), EBADF);
	FAILS(lockf(900, F_LOCK, 0), EBADF);
}
