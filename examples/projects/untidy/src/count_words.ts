export type Count={word:string,times:number}

/** Splits text into lower-case words; "well-known" is one word. */
export function words(text:string):string[]{
      return text.toLowerCase().match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu)??[]
}

export function countWords(text : string) : Count[]
{
  const counts=new Map<string,number>();
    for(const word of words(text)) { counts.set(word,(counts.get(word)??0)+1) }
  return [...counts].map(([word,times])=>({word,times}))
}
