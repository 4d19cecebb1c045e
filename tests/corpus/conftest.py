import corpora
import pytest


@pytest.fixture(scope='session')
def golden():
    return corpora.golden()


@pytest.fixture(scope='session')
def hostile():
    return corpora.hostile()
