"""`python tests/view/pictures.py`: makes the README's pictures of the player, from what its code writes."""

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {  # page: (picture, colours, height, step)
    "backprop": ("player", "light", 560, 8),
    "training": ("player-training", "dark", 600, 60),
}


def main():
    sys.path.insert(0, str(ROOT / "tests"))  # for the helpers of the tests
    from browser import open_browser
    from test_readme import blocks, python

    browser = open_browser()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "readme.py").write_text("\n".join(blocks("python")), encoding="utf-8")
        python("readme.py", folder=folder)
        shutil.copy(folder / "backprop.svg", ROOT / "notebooks" / "images")  # a film, written by the README's code
        for page in PICTURES:
            photograph(browser, folder, page)
    browser.quit()


def photograph(browser, folder, name):
    """Write the picture of a page of `folder` into the notebooks' folder of images."""
    from PIL import Image
    from player_page import Page

    picture, scheme, height, step = PICTURES[name]
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": key, "value": text} for key, text in features.items()]}
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1000, "height": height, "deviceScaleFactor": 1.2, "mobile": False},
    )
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    page = Page(browser, folder / f"{name}.html").open(f"#step={step}")
    if name == "training":
        page.enter(".training input", step)
        page.run("player.look(['Network']); player.go(player.run.steps.length - 5)")
    time.sleep(0.5)
    shot = Image.open(io.BytesIO(browser.get_screenshot_as_png()))
    shot.quantize(200).save(ROOT / "notebooks" / "images" / f"{picture}.png", optimize=True)


if __name__ == "__main__":
    main()
