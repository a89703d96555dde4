"""A browser without a window, for the tests of pages."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "window-size=1300,800",
)


def open_browser():
    """Chromium, driven by Selenium."""
    from selenium import webdriver
    from selenium.webdriver.support.ui import WebDriverWait

    # The tests also run where there is no browser; `.ci/run` installs one.
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    get = browser.get

    def get_whole(address):
        """Open a page. On a busy machine the driver may come back while the page is still being read."""
        get(address)
        WebDriverWait(browser, 60, 0.05).until(
            lambda _: browser.execute_script("return document.readyState") == "complete"
        )

    browser.get = get_whole
    return browser
