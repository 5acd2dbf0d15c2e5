import {countWords,type Count} from './count_words.ts'

/** The n most frequent words; ties in alphabetical order. */
export function topWords(text:string,n:number):Count[] {
if(!Number.isInteger(n)||n<0)throw new RangeError(`Cannot rank words as n must be a whole number >= 0: current value is ${n}`)
        return countWords(text).sort((a,b)=>b.times-a.times||(a.word<b.word?-1:1)).slice(0,n)
}
