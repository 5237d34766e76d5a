/* A C++ program that throws: through frames with destructors, by value, reference and pointer, out of handlers, and across
 * the library's containers. It checks itself; its exit status is the number of checks that failed. */
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static int failures;

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, std::printf("line %d: %s\n", __LINE__, #condition)))

struct Counted {
	static int alive;
	Counted() { alive++; }
	Counted(const Counted &) { alive++; }
	~Counted() { alive--; }
};
int Counted::alive;

struct Shape {
	virtual ~Shape() = default;
	virtual int sides() const { return 0; }
};
struct Named {
	virtual ~Named() = default;
	std::string name = "square";
};
struct Square : Shape, Named {
	int sides() const override { return 4; }
};

enum What { NOTHING, NUMBER, OBJECT, POINTER, TEXT, LIBRARY, BY_VALUE };

/* Each level has something to destroy. */
[[gnu::noinline]] static int dive(int depth, What what)
{
	Counted here;
	if (depth)
		return dive(depth - 1, what) + 1;
	static Square square;
	switch (what) {
	case NUMBER:
		throw 42;
	case OBJECT:
		throw Square();
	case POINTER:
		throw &square;
	case TEXT:
		throw "text";
	case LIBRARY:
		return std::vector<int>(3).at(static_cast<std::size_t>(depth + 5));
	case BY_VALUE:
		throw Counted();
	default:
		return 0;
	}
}

static std::string attempt(int depth, What what)
{
	try {
		return "returned " + std::to_string(dive(depth, what));
	} catch (int number) {
		return "number " + std::to_string(number);
	} catch (const Named &named) { /* the second base: the pointer is adjusted */
		return "named " + named.name;
	} catch (Shape *shape) {
		return "pointer to " + std::to_string(shape->sides());
	} catch (const std::exception &e) {
		return "library's";
	} catch (Counted counted) {
		return "counted " + std::to_string(Counted::alive);
	} catch (...) {
		return "anything";
	}
}

static void kinds()
{
	CHECK(attempt(0, NOTHING) == "returned 0");
	CHECK(attempt(9, NOTHING) == "returned 9");
	for (int depth : {0, 1, 50}) {
		CHECK(attempt(depth, NUMBER) == "number 42");
		CHECK(attempt(depth, OBJECT) == "named square");
		CHECK(attempt(depth, POINTER) == "pointer to 4");
		CHECK(attempt(depth, TEXT) == "anything");
		CHECK(attempt(depth, LIBRARY) == "library's");
		CHECK(attempt(depth, BY_VALUE) == "counted 2");
		CHECK(Counted::alive == 0);
	}
}

/* Out of a handler, the same again or another one, into the one around it. */
static int nested(bool same)
{
	Counted around;
	try {
		try {
			dive(3, NUMBER);
		} catch (int number) {
			Counted inner;
			if (same)
				throw;
			throw std::runtime_error("from " + std::to_string(number));
		}
	} catch (const std::runtime_error &e) {
		return std::string(e.what()) == "from 42" ? 1 : -1;
	} catch (int number) {
		return number;
	}
	return -2;
}

/* A handler that handles another exception meanwhile, and goes on with its own. */
static int within()
{
	try {
		throw 1;
	} catch (int outer) {
		try {
			throw 2;
		} catch (int inner) {
			CHECK(inner == 2);
		}
		try {
			throw;
		} catch (int again) {
			return outer + again;
		}
	}
	return -1;
}

struct Guard {
	int &seen;
	~Guard()
	{
		try { /* in a destructor, while another exception is on its way */
			throw 7;
		} catch (int number) {
			seen += number;
		}
	}
};

static void destructors()
{
	int seen = 0;
	try {
		Guard a{seen}, b{seen};
		throw std::string("out");
	} catch (const std::string &text) {
		CHECK(text == "out");
	}
	CHECK(seen == 14);
}

/* A constructor that throws half-way destroys what there is. */
static void constructors()
{
	struct Half {
		Counted first;
		std::unique_ptr<Counted> second = std::make_unique<Counted>();
		Half() { throw std::logic_error("half"); }
	};
	for (int i = 0; i < 10; i++)
		try {
			Half half;
			CHECK(false);
		} catch (const std::logic_error &) {
		}
	CHECK(Counted::alive == 0);
}

static void containers()
{
	std::map<std::string, std::vector<Counted>> map;
	map["a"].resize(3);
	try {
		map.at("b").clear();
		CHECK(false);
	} catch (const std::out_of_range &) {
		map.erase("a");
	}
	CHECK(Counted::alive == 0);
}

static void often()
{
	long sum = 0;
	for (int i = 0; i < 20000; i++)
		try {
			if (i % 3)
				throw i;
			sum++;
		} catch (int n) {
			sum += n;
		}
	long expected = 0;
	for (int i = 0; i < 20000; i++)
		expected += i % 3 ? i : 1;
	CHECK(sum == expected);
}

int main()
{
	kinds();
	CHECK(nested(true) == 42);
	CHECK(nested(false) == 1);
	CHECK(within() == 2);
	destructors();
	constructors();
	containers();
	often();
	CHECK(Counted::alive == 0);
	std::printf("%d checks failed\n", failures);
	return failures;
}
