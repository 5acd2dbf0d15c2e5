import assert from 'node:assert/strict'
import {countWords} from './count_words.ts'
import {topWords} from "./top_words.ts"

Deno.test("a hyphenated word counts as one",()=>{ assert.deepEqual(countWords("Well-known, well-known!"),[{word:"well-known",times:2}]) })

Deno.test('the most frequent words come first, ties by alphabet', () => {
        assert.deepEqual(topWords("b a c a b d",3).map(c=>c.word),["a","b","c"])
})

Deno.test("a negative rank is refused",()=>{assert.throws(()=>topWords("a",-1),RangeError)})
