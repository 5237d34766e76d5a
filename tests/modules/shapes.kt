// What a Kotlin program asks of garbage-collected WebAssembly: class hierarchies and casts, closures, strings, collections,
// exceptions, generators, and much more garbage than fits into memory at once.

sealed class Shape
data class Circle(val radius: Double) : Shape()
data class Rectangle(val width: Double, val height: Double) : Shape()
object Nothing : Shape()

fun area(shape: Shape): Double = when (shape) {
    is Circle -> 3.0 * shape.radius * shape.radius
    is Rectangle -> shape.width * shape.height
    Nothing -> 0.0
}

interface Visitor<R> {
    fun leaf(value: Int): R
    fun node(left: R, right: R): R
}

sealed interface Tree {
    fun <R> accept(visitor: Visitor<R>): R
}
class Leaf(val value: Int) : Tree {
    override fun <R> accept(visitor: Visitor<R>) = visitor.leaf(value)
}
class Node(val left: Tree, val right: Tree) : Tree {
    override fun <R> accept(visitor: Visitor<R>) = visitor.node(left.accept(visitor), right.accept(visitor))
}

fun tree(depth: Int, value: Int): Tree = if (depth == 0) Leaf(value) else Node(tree(depth - 1, 2 * value), tree(depth - 1, 2 * value + 1))

class TooBig(val value: Int) : Exception("too big: $value")

fun risky(value: Int): Int = if (value > 2) throw TooBig(value) else value * 10

fun primes() = sequence {
    val found = mutableListOf<Int>()
    for (n in 2..Int.MAX_VALUE) {
        if (found.takeWhile { it * it <= n }.none { n % it == 0 }) {
            found += n
            yield(n)
        }
    }
}

fun main() {
    val shapes = (1..1000).map { if (it % 2 == 0) Circle(it.toDouble()) else Rectangle(it.toDouble(), 2.0) } + Nothing
    println("areas ${shapes.sumOf { area(it) }.toLong()}")
    println(shapes.filterIsInstance<Rectangle>().take(2))

    println(tree(10, 1).accept(object : Visitor<Int> {
        override fun leaf(value: Int) = value
        override fun node(left: Int, right: Int) = left + right
    }))
    println(tree(2, 1).accept(object : Visitor<String> {
        override fun leaf(value: Int) = "$value"
        override fun node(left: String, right: String) = "($left $right)"
    }))

    val text = "the quick brown fox jumps over the lazy dog: the end, grüße, 日本"
    println(text.split(" ", ",", ":").filter { it.isNotEmpty() }.groupingBy { it }.eachCount().entries
        .sortedWith(compareByDescending<Map.Entry<String, Int>> { it.value }.thenBy { it.key }).take(3).joinToString { "${it.key}=${it.value}" })
    println(text.reversed().uppercase())

    println((1..4).map {
        try {
            risky(it)
        } catch (e: TooBig) {
            println("caught ${e.message}")
            -e.value
        } finally {
            if (it == 4) println("finally")
        }
    })
    println(runCatching { (shapes as List<Any>)[0] as String }.exceptionOrNull() is ClassCastException)
    println(runCatching { intArrayOf(1, 2).toList()[2] }.isFailure)

    println(primes().dropWhile { it < 1000 }.take(5).toList())

    // Each round makes a list and drops the one before.
    var list = listOf<Long>()
    val memory = HashMap<Int, String>()
    for (i in 1L..300_000L) {
        list = listOf(i * i) + list.take(20)
        if (i % 1000 == 0L) memory[(i / 1000).toInt()] = "round $i"
    }
    println("${list.sum()} ${memory.size} ${memory[300]} ${memory.values.sumOf { it.length }}")
}
