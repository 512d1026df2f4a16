package search

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/russian"
)

// maxWord bounds the letters of a word that are looked at: no Russian word of
// a service is longer, and the cost of a hostile query stays small.
const maxWord = 40

// maxQueryWords bounds the words of a query that are looked at.
const maxQueryWords = 12

// fold lowers the letters of s and writes «ё» as «е».
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if r == 'ё' {
			return 'е'
		}
		return r
	}, s)
}

// split cuts a folded text into words: runs of letters and digits.
func split(folded string) []string {
	words := strings.FieldsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, w := range words {
		if r := []rune(w); len(r) > maxWord {
			words[i] = string(r[:maxWord])
		}
	}
	return words
}

// bare leaves only the letters and digits of a folded text: codes are compared so.
func bare(folded string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, folded)
}

// stem returns the part of a folded word that its inflected forms share.
func stem(word string) string {
	env := snowballstem.NewEnv(word)
	switch first := []rune(word)[0]; {
	case first >= 'а' && first <= 'я':
		russian.Stem(env)
	case first >= 'a' && first <= 'z':
		english.Stem(env)
	}
	return env.Current()
}

// stopWords say nothing about what a text is about. Titles keep them for
// suggestions; queries drop them unless nothing else is left.
var stopWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`в во и или на о об обо с со к ко по из за для до от у не что как это при
		мне мой моя мое мои я а же ли бы the a an of to for in on at and or by with my i is how`) {
		set[w] = true
	}
	return set
}()

const (
	latinKeys    = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
	cyrillicKeys = "йцукенгшщзхъфывапролджэячсмитьбюё"
)

// layouts maps a character to the one on the same key of the other layout.
var layouts = func() map[rune]rune {
	m := map[rune]rune{}
	cyrillic := []rune(cyrillicKeys)
	for i, l := range latinKeys {
		m[l], m[cyrillic[i]] = cyrillic[i], l
	}
	for i, l := range `{}:"<>~` {
		m[l] = []rune("хъжэбюё")[i]
	}
	return m
}()

// swapLayout returns what the same keys give in the other layout, folded.
// ok is false when nobody can have forgotten to switch: s has letters of both
// alphabets or of neither, or its Russian letters stand for punctuation.
func swapLayout(s string) (swapped string, ok bool) {
	var latin, cyrillic, punctuation bool
	out := strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		isCyrillic := r >= 'а' && r <= 'я' || r == 'ё'
		latin, cyrillic = latin || r >= 'a' && r <= 'z', cyrillic || isCyrillic
		if o, is := layouts[r]; is {
			punctuation = punctuation || isCyrillic && !unicode.IsLetter(o)
			return o
		}
		return r
	}, s)
	return fold(out), latin != cyrillic && !punctuation
}
