/* What the wasm libraries of Debian's libc++ leave out, because they are built without exceptions: throwing and catching as
 * the Itanium C++ ABI has it, on WebAssembly's legacy instructions. Enough for programs of one thread. */
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace __cxxabiv1 {

/* As libc++abi lays it out: how a handler's type says whether it takes an exception. */
class __shim_type_info : public std::type_info {
public:
	virtual ~__shim_type_info();
	virtual void noop1() const;
	virtual void noop2() const;
	virtual bool can_catch(const __shim_type_info *thrown, void *&object) const = 0;
};

}

using __cxxabiv1::__shim_type_info;

/* Precedes the object that is thrown. */
struct exception {
	const __shim_type_info *type;
	void *(*destroy)(void *); /* in WebAssembly a destructor returns its object */
	void *caught;	/* the object as its handler sees it */
	int handlers;	/* how many are at work on it; negative: it was rethrown by one of them */
	exception *next; /* the one whose handler surrounds this one's */
};

static exception *handling; /* the innermost */

static void *object_of(exception *e)
{
	return e + 1;
}

static exception *exception_of(void *object)
{
	return static_cast<exception *>(object) - 1;
}

extern "C" {

/* The compiler's landing pads fill this in, and find the answer in selector. */
struct {
	std::uintptr_t index;
	const std::uint8_t *lsda;
	std::uintptr_t selector;
} __wasm_lpad_context;

void *__cxa_allocate_exception(std::size_t size) noexcept
{
	auto *e = static_cast<exception *>(std::calloc(1, sizeof(exception) + size));
	return e ? object_of(e) : (std::abort(), nullptr);
}

void __cxa_free_exception(void *object) noexcept
{
	std::free(exception_of(object));
}

void __cxa_throw(void *object, std::type_info *type, void *(*destroy)(void *))
{
	exception *e = exception_of(object);
	e->type = static_cast<const __shim_type_info *>(type);
	e->destroy = destroy;
	__builtin_wasm_throw(0, object);
}

void *__cxa_begin_catch(void *object) noexcept
{
	exception *e = exception_of(object);
	e->handlers = (e->handlers < 0 ? -e->handlers : e->handlers) + 1;
	if (handling != e) {
		e->next = handling;
		handling = e;
	}
	return e->caught;
}

void __cxa_end_catch()
{
	exception *e = handling;
	bool rethrown = e->handlers < 0;
	e->handlers += rethrown ? 1 : -1;
	if (e->handlers)
		return;
	handling = e->next;
	if (rethrown)
		return;
	if (e->destroy)
		e->destroy(object_of(e));
	std::free(e);
}

void *__cxa_get_exception_ptr(void *object) noexcept
{
	return exception_of(object)->caught;
}

void __cxa_rethrow()
{
	if (!handling)
		std::terminate();
	handling->handlers = -handling->handlers;
	__builtin_wasm_throw(0, object_of(handling));
}

static std::uint64_t read_uleb(const std::uint8_t *&p)
{
	std::uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		std::uint8_t byte = *p++;
		value |= std::uint64_t(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

static std::int64_t read_sleb(const std::uint8_t *&p)
{
	std::uint64_t value = 0;
	for (unsigned shift = 0;;) {
		std::uint8_t byte = *p++;
		value |= std::uint64_t(byte & 0x7f) << shift;
		shift += 7;
		if (byte < 0x80)
			return std::int64_t(byte & 0x40 && shift < 64 ? value | ~std::uint64_t(0) << shift : value);
	}
}

/* Which of a landing pad's handlers takes the exception: looks the pad up in the function's table. */
int _Unwind_CallPersonality(void *object)
{
	exception *e = exception_of(object);
	const std::uint8_t *p = __wasm_lpad_context.lsda;
	__wasm_lpad_context.selector = 0;
	p++;				     /* encoding of landing pads' start: none */
	bool typed = *p++ != 0xff;	     /* encoding of types: pointers */
	std::uint64_t distance = typed ? read_uleb(p) : 0;
	const void *const *types = reinterpret_cast<const void *const *>(p + distance);
	p++;				     /* encoding of call sites: numbers of any length */
	std::uint64_t bytes = read_uleb(p);
	const std::uint8_t *actions = p + bytes;
	std::uint64_t action = 0;
	for (std::uintptr_t i = 0; i <= __wasm_lpad_context.index && p < actions; i++) {
		read_uleb(p);
		action = read_uleb(p);
	}
	if (!action)
		return 0;
	p = actions + action - 1;
	for (;;) {
		std::int64_t filter = read_sleb(p);
		const std::uint8_t *at = p;
		std::int64_t next = read_sleb(p);
		if (filter > 0) {
			auto *type = static_cast<const __shim_type_info *>(types[-filter]);
			void *adjusted = object;
			if (!type || type->can_catch(e->type, adjusted)) {
				e->caught = adjusted;
				__wasm_lpad_context.selector = std::uintptr_t(filter);
				return 0;
			}
		}
		if (!next)
			return 0;
		p = at + next;
	}
}

}
