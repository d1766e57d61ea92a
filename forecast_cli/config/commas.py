"""Lists written in one piece of text. No heavy import: the command line reads them before --help."""


def outer_commas(text: str) -> list[str]:
    """Split at commas outside brackets, without what is blank: ``MSTL(7,30), Naive`` is two models."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]
