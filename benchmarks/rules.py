"""Keyword rules as a careful person would write them in an afternoon, for the languages of most pages."""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "paywall_prompt",
        _any_of(
            r"\b(?:subscriber|member|premium)s?[- ](?:only|exclusive)\b",
            r"\bsubscribe (?:now|today|here)? ?(?:to|for) (?:continue|read|full|unlimited|access|unlock)",
            r"\b(?:continue|keep) reading\b.*\b(?:subscri|sign|log|regist)",
            r"\b(?:sign|log) in (?:to|or subscribe to) (?:continue|read|view|access)",
            r"\balready (?:a|an)? ?(?:subscriber|member)\b",
            r"\b(?:you(?:'|’)ve|you have) (?:reached|read|used) .*(?:limit|free article)",
            r"\bfree articles? (?:left|remaining)\b",
            r"\bunlimited (?:digital )?access\b",
            r"\b(?:this|the) (?:article|story|content) is (?:for|reserved for|available to|exclusive)",
            r"\b(?:\$|€|£) ?\d[\d.,]* ?(?:/|per|a|pro|im|par|al) ?(?:week|month|year|woche|monat|jahr|mois|mes)\b",
            r"\b(?:jetzt|weiterlesen|testen).*\babo",
            r"\b(?:bereits|schon) abonnent",
            r"\bnur für abonnent",
            r"\bréservé (?:à nos|aux) abonnés\b",
            r"\bdéjà abonné",
            r"\b(?:exclusivo|solo) para suscriptores\b",
            r"\bya (?:eres|soy) suscriptor",
            r"\b(?:riservato agli|sei già) abbonat",
        ),
    ),
    (
        "donation_appeal",
        _any_of(
            r"\bdonat(?:e|ion|ions|ing)\b(?!.{0,40}\b(?:said|were|was)\b)",
            r"\b(?:make|give) a (?:gift|contribution|tax-deductible)",
            r"\bsupport (?:our|us|independent|the work|this site|quality)\b",
            r"\bhelp us (?:keep|continue|stay|reach|fund)",
            r"\b(?:buy (?:me|us) a coffee|patreon|ko-fi|chip in|become a (?:supporter|patron|sustainer))\b",
            r"\bspende(?:n|t)?\b.*\b(?:jetzt|sie|uns|unterstütz|konto)|\bjetzt spenden\b|\bunterstützen sie uns\b",
            r"\bfaire un don\b|\bsoutenez[- ](?:nous|la)\b",
            r"\b(?:haz|hacer) una donación\b|\bdona ahora\b|\bapóyanos\b",
            r"\bfai una donazione\b|\bsostienici\b",
        ),
    ),
    (
        "newsletter_prompt",
        _any_of(
            r"\bnewsletters?\b",
            r"\b(?:sign|signing) up (?:for|to|now|here|today)\b",
            r"\b(?:enter|your|e-?mail)\b.{0,20}\b(?:e-?mail address|e-?mail)\b",
            r"^(?:your )?e-?mail(?: address)?\*?:?$",
            r"\b(?:straight|delivered|directly) (?:in)?to your inbox\b|\bin your inbox\b",
            r"\bsubscribe\b(?!rs? )|\bmailing list\b|\bget (?:the latest|our|e-?mail|alerts|updates)\b",
            r"\b(?:enable|allow|turn on|get) (?:push )?notifications\b",
            r"\bnewsletter (?:abonnieren|anmelden)|\be-?mail-?adresse\b",
            r"\binscrivez-vous\b|\bs(?:'|’)inscrire\b|\bsuscríb(?:ete|ase)\b|\biscriviti\b",
        ),
    ),
    (
        "ad_notice",
        _any_of(
            r"^\W*(?:advertisements?|advertorial|ads?|sponsored|promoted|werbung|anzeigen?|publicité|publicidad|anuncio)\W*$",
            r"\b(?:sponsored|promoted) (?:content|post|by|links?|stories)\b|\bpaid (?:post|content|partnership)\b",
            r"\bad[- ]?block(?:er|ing)?\b|\bwerbeblocker\b|\bbloqueur de pub",
            r"\b(?:skip|close|report)\b.{0,20}\b(?:ad|advertisement)\b",
            r"\b(?:continue reading|scroll to continue|(?:article|story) continues)\b.{0,20}\b(?:ad|advertisement)\b",
            r"\b(?:article|story) continues (?:after|below)\b",
            r"\baffiliate (?:links?|commission)\b|\bwe may (?:earn|receive) (?:a )?commission\b",
            r"\badvertise with us\b|\b(?:remove|hide) ads\b|\bad-free\b|\bgesponsert\b|\bcontenu sponsorisé\b",
            r"\btaboola\b|\boutbrain\b|\baround the web\b|\bfrom our partners\b",
        ),
    ),
)
"""Label and pattern, tried in this order: what names a paywall often also says "subscribe"."""
